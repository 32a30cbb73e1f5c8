// A Fedify server with a control door for the tests: real discovery, signatures, proofs, inbox and delivery.
// Federation listens with TLS on ADDRESS:443; control.mjs listens with plain http on loopback.
// Environment: DOMAIN, ADDRESS, TLS_CERT, TLS_KEY, CONTROL_PORT, ACTORS (names, comma), KEYS_FILE, FIRST_KNOCK.

import "./fedify_runtime.mjs";
import { readFileSync } from "node:fs";
import https from "node:https";
import {
  createExponentialBackoffPolicy,
  createFederation,
  detachSignature,
  InProcessMessageQueue,
  MemoryKvStore,
  verifyObject,
  verifyRequest,
} from "@fedify/fedify";
import { Accept, Activity, Create, Endpoints, Follow, Note, Object as ASObject, Person, Question, Undo } from "@fedify/vocab";
import { serveControl } from "./fedify_control.mjs";
import { loadKeys } from "./fedify_keys.mjs";
import { questionOf } from "./fedify_polls.mjs";

const { DOMAIN, ADDRESS } = process.env;
const names = (process.env.ACTORS ?? "ana").split(",");

/** All that the tests may ask about. */
const state = {
  origin: `https://${DOMAIN}`,
  names,
  keys: await loadKeys(process.env.KEYS_FILE, names),
  received: [], // activities Fedify took, in order
  arrivals: [], // every POST, also the refused
  followers: new Map(names.map((name) => [name, new Map()])), // name → actor id → recipient
  following: new Map(names.map((name) => [name, new Set()])),
  asked: new Map(), // Follow id → {name, target}, sent by us
  objects: new Map(), // url → Note
  polls: new Map(), // url → {author, content, options, endTime, votes}
  byId: new Map(), // activity id → arrival
};

const kv = new MemoryKvStore();
const federation = createFederation({
  kv,
  queue: new InProcessMessageQueue({ pollInterval: { milliseconds: 50 } }),
  origin: state.origin,
  allowPrivateAddress: true,
  circuitBreaker: false,
  firstKnock: process.env.FIRST_KNOCK ?? "rfc9421",
  outboxRetryPolicy: createExponentialBackoffPolicy({
    initialDelay: { milliseconds: 200 },
    maxDelay: { seconds: 2 },
    maxAttempts: 30,
  }),
  userAgent: { software: "fedcoop-test-peer/1.0", url: state.origin },
});
const context = () => federation.createContext(new URL(state.origin), undefined);

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, name) => {
    if (!names.includes(name)) return null;
    const pairs = await ctx.getActorKeyPairs(name);
    return new Person({
      id: ctx.getActorUri(name),
      preferredUsername: name,
      name: name[0].toUpperCase() + name.slice(1),
      summary: `<p>${name} of the test peer</p>`,
      url: new URL(`/@${name}`, state.origin),
      inbox: ctx.getInboxUri(name),
      outbox: ctx.getOutboxUri(name),
      followers: ctx.getFollowersUri(name),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_ctx, name) => state.keys.get(name) ?? []);
federation.setFollowersDispatcher("/users/{identifier}/followers", (_ctx, name) => ({
  items: [...(state.followers.get(name)?.values() ?? [])],
}));
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
federation.setObjectDispatcher(Note, "/notes/{id}", (ctx, { id }) =>
  state.objects.get(ctx.getObjectUri(Note, { id }).href) ?? null);
federation.setObjectDispatcher(Question, "/questions/{id}", (ctx, { id }) => {
  const url = ctx.getObjectUri(Question, { id });
  return state.polls.has(url.href) ? questionOf(ctx, url, state.polls.get(url.href)) : null;
});
federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "fedify-peer", version: "2.3.6" },
  protocols: ["activitypub"],
  usage: { users: { total: names.length }, localPosts: state.objects.size, localComments: 0 },
}));

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: names[0] }))
  .withIdempotency("per-inbox")
  .on(Activity, async (ctx, activity) => {
    await record(ctx, activity);
    if (activity instanceof Follow) await accept(ctx, activity);
    else if (activity instanceof Accept) await settle(ctx, activity);
    else if (activity instanceof Undo) await undo(ctx, activity);
    else if (activity instanceof Create) await countVote(activity);
  })
  .onError((_ctx, error) => console.error("inbox error", error));

async function record(ctx, activity) {
  // the bytes as they came: Fedify itself compacts what carries a Linked Data signature, and no proof survives that
  const arrival = state.byId.get(activity.id?.href) ?? {};
  const json = detachSignature(arrival.json ?? (await activity.toJsonLd()));
  const inner = Array.isArray(json.object) ? json.object[0] : json.object;
  state.received.push({
    type: json.type,
    id: json.id,
    actor: activity.actorId?.href,
    recipient: ctx.recipient,
    objectType: inner?.type ?? null,
    objectId: typeof inner === "string" ? inner : inner?.id ?? null,
    json,
    hasProof: json.proof != null,
    proofVerified: await proven(ctx, json),
    // an embedded object with a proof of its own, such as an outcome, is judged as a document of its own
    objectProofVerified: await proven(ctx, { "@context": json["@context"], ...inner }),
    signature: arrival.scheme ?? null,
    signatureVerified: arrival.signatureVerified ?? false,
    path: arrival.path ?? null,
  });
}

/** Whether Fedify takes the proof on document: the key it names is listed by the actor and signed these bytes. */
async function proven(ctx, document) {
  if (document.proof == null) return false;
  const documentLoader = await ctx.getDocumentLoader({ identifier: names[0] });
  const options = { documentLoader, contextLoader: ctx.contextLoader };
  const object = await verifyObject(ASObject, document, options).catch((error) => console.error("proof", error));
  return object != null;
}

async function accept(ctx, follow) {
  const target = ctx.parseUri(follow.objectId);
  const follower = await follow.getActor(ctx);
  if (target?.type !== "actor" || follower?.id == null || !names.includes(target.identifier)) return;
  state.followers.get(target.identifier).set(follower.id.href, {
    id: follower.id,
    inboxId: follower.inboxId,
    endpoints: follower.endpoints,
  });
  await ctx.sendActivity(
    { identifier: target.identifier },
    follower,
    new Accept({
      id: new URL(`/activities/${crypto.randomUUID()}`, state.origin),
      actor: follow.objectId,
      object: follow,
      to: follower.id,
    }),
  );
}

async function settle(_ctx, activity) {
  const asked = state.asked.get(activity.objectId?.href);
  if (asked?.target === activity.actorId?.href) state.following.get(asked.name).add(asked.target);
}

async function undo(ctx, activity) {
  const follow = await activity.getObject(ctx).catch(() => null);
  const target = follow instanceof Follow ? ctx.parseUri(follow.objectId) : null;
  if (target?.type === "actor") state.followers.get(target.identifier)?.delete(activity.actorId.href);
}

async function countVote(create) {
  for await (const note of create.getObjects()) {
    const poll = note instanceof Note && note.name != null ? state.polls.get(note.replyTargetId?.href) : null;
    const option = note.name?.toString();
    if (poll == null || create.actorId?.href !== note.attributionId?.href || !poll.options.includes(option)) continue;
    poll.votes.push({ actor: create.actorId.href, name: option, id: note.id?.href ?? null });
  }
}

const keyCache = new Map();
async function signatureGood(request) {
  const ctx = context();
  const cache = { get: async (id) => keyCache.get(id.href), set: async (id, key) => key && keyCache.set(id.href, key) };
  const documentLoader = await ctx.getDocumentLoader({ identifier: names[0] });
  const options = { documentLoader, contextLoader: ctx.contextLoader, keyCache: cache };
  return (await verifyRequest(request, options).catch(() => null)) != null;
}

function schemeOf(headers) {
  if (headers.has("signature-input")) return "rfc9421";
  return headers.has("signature") ? "cavage" : "none";
}

async function answer(incoming, outgoing) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) headers.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1]);
  const request = new Request(new URL(incoming.url, state.origin), {
    method: incoming.method,
    headers,
    body: body.length > 0 ? body : undefined,
  });
  const arrival = { scheme: schemeOf(headers), path: incoming.url, status: null, signatureVerified: false };
  if (incoming.method === "POST") {
    arrival.signatureVerified = await signatureGood(request.clone());
    state.arrivals.push(arrival);
    try {
      arrival.json = JSON.parse(body.toString("utf8"));
      state.byId.set(arrival.json.id, arrival);
    } catch {
      arrival.malformed = true;
    }
  }
  const response = await federation.fetch(request, { contextData: undefined });
  arrival.status = response.status;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

const SPECS = { cavage: "draft-cavage-http-signatures-12", rfc9421: "rfc9421" };

/** The next request to origin is signed in this form first, whatever was learned about it. */
const prefer = (origin, scheme) => kv.set(["_fedify", "httpMessageSignaturesSpec", origin], SPECS[scheme]);

const tls = { cert: readFileSync(process.env.TLS_CERT), key: readFileSync(process.env.TLS_KEY) };
let server = null;

/** Listens on the federation port, if it does not yet. */
function up() {
  if (server != null) return Promise.resolve();
  server = https.createServer(tls, (incoming, outgoing) => {
    answer(incoming, outgoing).catch((error) => {
      console.error("request failed", error);
      outgoing.writeHead(500).end();
    });
  });
  return new Promise((resolve, reject) => server.once("error", reject).listen(443, ADDRESS, resolve));
}

/** The federation port refuses connections until `up`. */
function down() {
  const closing = server;
  server = null;
  if (closing == null) return Promise.resolve();
  return new Promise((resolve) => {
    closing.close(resolve);
    closing.closeAllConnections();
  });
}

await up();
await serveControl({ state, context, up, down, prefer, specs: SPECS, port: Number(process.env.CONTROL_PORT) });
console.log(JSON.stringify({ ready: state.origin }));
