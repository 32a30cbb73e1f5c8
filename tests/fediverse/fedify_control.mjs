// The control door: what a user of the peer would do, as POST of JSON on loopback, and what arrived, as GET.
import { randomUUID } from "node:crypto";
import http from "node:http";
import { signRequest } from "@fedify/fedify";
import {
  Announce,
  Create,
  Delete,
  Follow,
  Like,
  Mention,
  Note,
  PUBLIC_COLLECTION,
  Question,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { questionOf } from "./fedify_polls.mjs";

class Refused extends Error {}

/** Operations by path; each takes the JSON of the request and returns JSON. */
function operations({ state, context, up, down, prefer, specs }) {
  const ctx = context();
  const url = (path) => new URL(path, state.origin);
  const fresh = (folder) => url(`/${folder}/${randomUUID()}`);
  const actorOf = (name) => {
    if (!state.names.includes(name)) throw new Refused(`no actor ${name}`);
    return ctx.getActorUri(name);
  };
  const loaderOf = (name) => ctx.getDocumentLoader({ identifier: name });

  async function find(name, id) {
    const found = await ctx.lookupObject(id, { documentLoader: await loaderOf(name) });
    if (found == null) throw new Refused(`cannot look up ${id}`);
    return found;
  }
  const authorOf = async (name, id) => find(name, (await find(name, id)).attributionId.href);
  const send = async (name, recipients, activity, options = {}) => {
    await ctx.sendActivity({ identifier: name }, recipients, activity, options);
    return activity.toJsonLd({ format: "compact", contextLoader: ctx.contextLoader });
  };
  const followersOf = (name) => [...state.followers.get(name).values()];

  function noteBy(name, values) {
    const note = new Note({ id: fresh("notes"), attribution: actorOf(name), published: Temporal.Now.instant(), ...values });
    state.objects.set(note.id.href, note);
    return note;
  }
  const createOf = (name, note) =>
    new Create({
      id: new URL("#create", note.id),
      actor: actorOf(name),
      object: note,
      tos: [...note.toIds].map((id) => id),
      ccs: [...note.ccIds].map((id) => id),
    });

  return {
    async follow({ actor, target }) {
      const other = await find(actor, target);
      const id = fresh("follows");
      state.asked.set(id.href, { name: actor, target: other.id.href });
      return send(actor, other, new Follow({ id, actor: actorOf(actor), object: other.id, to: other.id }));
    },

    async unfollow({ actor, target, id }) {
      const other = await find(actor, target);
      const follow = new Follow({ id: new URL(id), actor: actorOf(actor), object: other.id });
      return send(actor, other, new Undo({ id: fresh("undos"), actor: actorOf(actor), object: follow, to: other.id }));
    },

    // as Mastodon: ids with fragments that cannot be fetched, one Create for each option, to the personal inbox
    async vote({ actor, question, names, listForm = false }) {
      const author = await authorOf(actor, question);
      const notes = names.map((name) =>
        new Note({
          id: new URL(`#votes/${randomUUID()}`, actorOf(actor)),
          attribution: actorOf(actor),
          to: author.id,
          replyTarget: new URL(question),
          name,
        }));
      const activities = (listForm ? [notes] : notes.map((note) => [note])).map((objects) =>
        new Create({ id: new URL(`${objects[0].id}/activity`), actor: actorOf(actor), to: author.id, objects }));
      const sent = [];
      for (const activity of activities) sent.push(await send(actor, author, activity));
      return sent;
    },

    // a withdrawn vote: Undo of its Create
    async "undo-vote"({ actor, question, activity, vote, form = "Delete" }) {
      const author = await authorOf(actor, question);
      const id = fresh("undos");
      const common = { id, actor: actorOf(actor), to: author.id };
      const withdrawal = form === "Undo"
        ? new Undo({ ...common, object: new Create({ id: new URL(activity), actor: actorOf(actor), object: new URL(vote) }) })
        : new Delete({ ...common, object: new Tombstone({ id: new URL(vote) }) });
      return send(actor, author, withdrawal);
    },

    async dm({ actor, target, content }) {
      const other = await find(actor, target);
      const mention = new Mention({ href: other.id, name: `@${other.preferredUsername}@${other.id.host}` });
      return send(actor, other, createOf(actor, noteBy(actor, { content, to: other.id, tags: [mention] })));
    },

    async reply({ actor, inReplyTo, content }) {
      const author = await authorOf(actor, inReplyTo);
      const mention = new Mention({ href: author.id, name: `@${author.preferredUsername}@${author.id.host}` });
      const values = { content, replyTarget: new URL(inReplyTo), to: PUBLIC_COLLECTION, cc: author.id, tags: [mention] };
      return send(actor, author, createOf(actor, noteBy(actor, values)));
    },

    async note({ actor, content }) {
      const note = noteBy(actor, { content, to: PUBLIC_COLLECTION, cc: ctx.getFollowersUri(actor) });
      return send(actor, followersOf(actor), createOf(actor, note), { preferSharedInbox: true });
    },

    async like({ actor, object }) {
      const author = await authorOf(actor, object);
      return send(actor, author, new Like({ id: fresh("likes"), actor: actorOf(actor), object: new URL(object), to: author.id }));
    },

    async announce({ actor, object }) {
      const author = await authorOf(actor, object);
      const values = { id: fresh("announces"), actor: actorOf(actor), object: new URL(object), to: PUBLIC_COLLECTION, cc: author.id };
      return send(actor, [author, ...followersOf(actor)], new Announce(values));
    },

    async delete({ actor, object, to }) {
      state.objects.delete(object);
      const targets = to == null ? followersOf(actor) : await find(actor, to);
      const values = { id: fresh("deletes"), actor: actorOf(actor), object: new Tombstone({ id: new URL(object) }), to: PUBLIC_COLLECTION };
      return send(actor, targets, new Delete(values));
    },

    async question({ actor, content, options, endTime, multiple = false }) {
      const id = fresh("questions");
      const poll = { author: actor, content, options, endTime, multiple, votes: [], published: Temporal.Now.instant() };
      actorOf(actor);
      state.polls.set(id.href, poll);
      const object = questionOf(ctx, id, poll);
      const values = { id: new URL("#create", id), actor: actorOf(actor), object, to: PUBLIC_COLLECTION, cc: ctx.getFollowersUri(actor) };
      return send(actor, followersOf(actor), new Create(values), { preferSharedInbox: true });
    },

    // an Update with the numbers as they stand, as Mastodon sends after votes
    async tally({ question }) {
      const poll = state.polls.get(question);
      if (poll == null) throw new Refused(`no poll ${question}`);
      const values = {
        id: new URL(`#updates/${randomUUID()}`, question),
        actor: actorOf(poll.author),
        object: questionOf(ctx, new URL(question), poll),
        to: PUBLIC_COLLECTION,
      };
      return send(poll.author, followersOf(poll.author), new Update(values), { preferSharedInbox: true });
    },

    // any activity, signed in the given form and no other, sent once; the answer of the inbox comes back
    async "send-raw"({ actor, inbox, activity, scheme = "cavage", contentType = "application/activity+json" }) {
      actorOf(actor);
      const [rsa] = await ctx.getActorKeyPairs(actor);
      const body = typeof activity === "string" ? activity : JSON.stringify(activity);
      const request = new Request(inbox, { method: "POST", headers: { "content-type": contentType }, body });
      const signed = await signRequest(request, rsa.privateKey, rsa.keyId, { spec: specs[scheme] });
      const response = await fetch(signed, { redirect: "manual" });
      return { status: response.status, body: await response.text() };
    },

    async fetch({ actor, url: address }) {
      const loader = actor == null ? ctx.documentLoader : await loaderOf(actor);
      try {
        return { json: (await loader(address)).document, status: 200 };
      } catch (error) {
        return { json: null, status: error.response?.status ?? null, error: String(error) };
      }
    },

    // look-up as a search box does it: an address by WebFinger, or an id
    async lookup({ actor, id }) {
      const found = await find(actor, id);
      return { id: found.id.href, name: found.preferredUsername?.toString() ?? null, json: await found.toJsonLd() };
    },

    async prefer({ origin, scheme }) {
      await prefer(origin, scheme);
      return {};
    },

    async down() {
      await down();
      return {};
    },

    async up() {
      await up();
      return {};
    },
  };
}

function views({ state }) {
  return {
    ready: () => ({ origin: state.origin, actors: Object.fromEntries(state.names.map((n) => [n, `${state.origin}/users/${n}`])) }),
    received: () => state.received,
    arrivals: () => state.arrivals.map(({ json, ...rest }) => ({ ...rest, type: json?.type, id: json?.id })),
    relations: (name) => ({ followers: [...state.followers.get(name).keys()], following: [...state.following.get(name)] }),
    votes: () => Object.fromEntries([...state.polls].map(([id, poll]) => [id, poll.votes])),
  };
}

async function bodyOf(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString("utf8")) : {};
}

/** Listens on 127.0.0.1:port until the process ends. */
export function serveControl(parts) {
  const posts = operations(parts);
  const gets = views(parts);
  const server = http.createServer(async (incoming, outgoing) => {
    const [name, part] = new URL(incoming.url, "http://control").pathname.slice(1).split("/");
    const table = incoming.method === "POST" ? posts : gets;
    let status = 200;
    let result;
    try {
      if (!Object.hasOwn(table, name)) throw new Refused(`no operation ${incoming.method} /${name}`);
      result = await table[name](incoming.method === "POST" ? await bodyOf(incoming) : part);
    } catch (error) {
      status = error instanceof Refused ? 400 : 500;
      result = { error: String(error?.stack ?? error) };
    }
    outgoing.writeHead(status, { "content-type": "application/json" });
    outgoing.end(JSON.stringify(result));
  });
  return new Promise((resolve) => server.listen(parts.port, "127.0.0.1", resolve));
}
