// Polls of our own as Question objects, with the numbers as they stand.
import { Collection, Note, PUBLIC_COLLECTION, Question } from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

function countOf(poll, option) {
  return poll.votes.filter((vote) => vote.name === option).length;
}

/** The Question at url, in Fedify's vocabulary. */
export function questionOf(ctx, url, poll) {
  const options = poll.options.map((name) =>
    new Note({ name, replies: new Collection({ totalItems: countOf(poll, name) }) }));
  return new Question({
    id: url,
    attribution: ctx.getActorUri(poll.author),
    content: poll.content,
    [poll.multiple ? "inclusiveOptions" : "exclusiveOptions"]: options,
    endTime: Temporal.Instant.from(poll.endTime),
    published: poll.published,
    voters: new Set(poll.votes.map((vote) => vote.actor)).size,
    to: PUBLIC_COLLECTION,
    cc: ctx.getFollowersUri(poll.author),
  });
}
