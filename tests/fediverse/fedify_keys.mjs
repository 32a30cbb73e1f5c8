// Each actor's RSA and Ed25519 key pairs. They last as long as KEYS_FILE, so that a restarted peer is the same peer.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { exportJwk, generateCryptoKeyPair, importJwk } from "@fedify/fedify";

const ALGORITHMS = ["RSASSA-PKCS1-v1_5", "Ed25519"];

async function generate() {
  return Promise.all(ALGORITHMS.map((algorithm) => generateCryptoKeyPair(algorithm)));
}

const save = (pairs) =>
  Promise.all(pairs.map(async ({ publicKey, privateKey }) => ({
    publicKey: await exportJwk(publicKey),
    privateKey: await exportJwk(privateKey),
  })));

const load = (pairs) =>
  Promise.all(pairs.map(async ({ publicKey, privateKey }) => ({
    publicKey: await importJwk(publicKey, "public"),
    privateKey: await importJwk(privateKey, "private"),
  })));

/** Map of name → [RSA pair, Ed25519 pair], made where missing and then kept in file. */
export async function loadKeys(file, names) {
  const stored = file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const keys = new Map();
  for (const name of names) {
    const pairs = stored[name] ? await load(stored[name]) : await generate();
    stored[name] ??= await save(pairs);
    keys.set(name, pairs);
  }
  if (file) writeFileSync(file, JSON.stringify(stored), { mode: 0o600 });
  return keys;
}
