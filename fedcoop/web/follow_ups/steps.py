"""The table of steps around a vote: what each asks, what it tells before, and its button (design.md 5, Confirm)."""

from collections.abc import Mapping

from fedcoop.web.follow_ups.deeds import (
    CLOSES,
    Field,
    StepForm,
    add_erratum,
    answer_name,
    answer_piece,
    call_again,
    call_it_in,
    decide_it,
    find_petition,
    leave_it,
    open_again,
    open_next_round,
    reason_field,
    record_finding,
    replace_decision,
    round_fields,
    set_dates,
    settle_it,
    sign,
    state_outcome,
    take_to_vote,
    whose,
)

STEPS: Mapping[str, StepForm] = {
    "petition": StepForm(
        "Ask that this vote be annulled?",
        "Sign the petition",
        "Do not sign",
        (
            "A tenth of the roll together makes the governance committee decide. It upholds the petition or rejects it, "
            "with a reason.",
            "Your name and your reason stand here for all members. This cannot be taken back.",
        ),
        lambda stand: (reason_field("What was wrong", optional=stand.view.petition is not None),),
        sign,
    ),
    "find": StepForm(
        "Decide on the petition",
        "Record the finding",
        "Not now",
        ("If it is upheld, the vote is annulled: it has no result, ballots are kept, everybody is told the reason.",),
        lambda _: (
            Field(
                "answer", "The petition is", "select", choices=(("no", "rejected"), ("yes", "upheld: annul the vote"))
            ),
            reason_field("Reason of the committee"),
        ),
        find_petition,
    ),
    "rerun": StepForm(
        "Call this vote again?",
        "Open the new vote",
        "Not now",
        (
            "A new vote opens at once, with today’s roll and no ballots. It names the annulled one, and that one names it.",
            "Everything is as it was. Change what was wrong.",
        ),
        lambda _: (
            Field("title", "Title", "line", missing="Give it a title."),
            Field("body", "The text", optional=True),
            Field(
                "settings",
                "Rules to change",
                hint="One a line, as name = value: threshold = 2/3. All others stay as they were.",
                optional=True,
            ),
            CLOSES,
        ),
        call_again,
        start=lambda stand: {"title": stand.motion.title, "body": stand.motion.body},
    ),
    "erratum": StepForm(
        "Add a spelling fix",
        "Show it beside the text",
        "Leave the text alone",
        ("The text that is voted on does not change. How to read it stands beside it, for everybody, from now on.",),
        lambda _: (
            Field("was", "The words as they stand", "line", missing="Give the words as they stand in the text."),
            Field("reads", "How to read them", "line", missing="Give the words as they should read."),
        ),
        add_erratum,
    ),
    "outcome": StepForm(
        "State the outcome",
        "State it",
        "Not now",
        (
            "This vote binds nobody: what follows from it is said here, in words. The counts stay as they are.",
            "A later text is a new version; the earlier ones stay readable.",
        ),
        lambda stand: (
            Field("text", "What happens now", hint="In a sentence or two.", missing="Write the outcome."),
            *(
                ()
                if not stand.motion.options
                else (
                    Field(
                        "options",
                        "It follows",
                        "checks",
                        choices=tuple((option.key, option.name) for option in stand.motion.options),
                    ),
                )
            ),
        ),
        state_outcome,
        start=lambda stand: {"text": stand.view.statement.text if stand.view.statement else ""},
    ),
    "reopen": StepForm(
        "Open this vote again?",
        "Open it again",
        "Leave it closed",
        ("Votes that were given stand and can be changed. The first count stays in the log.",),
        lambda _: (CLOSES, reason_field()),
        open_again,
    ),
    "next-round": StepForm(
        "Write the next version",
        "Open the next round",
        "Not yet",
        (
            "The next round opens at once, on this version. All answers start anew, and everybody is shown what changed.",
            "Who objected can accept your answer or withdraw the objection.",
        ),
        round_fields,
        open_next_round,
        start=lambda stand: {
            "title": stand.motion.title,
            "body": stand.motion.body,
            **{answer_name(piece): piece.answer for piece in stand.view.pieces},
        },
    ),
    "fallback": StepForm(
        "Take this to a vote?",
        "Announce the vote",
        "Keep working on it",
        (
            "The text as it stands goes to a vote of for and against, by the rule that was announced for this case.",
            "The vote opens after its notice. This cannot be undone.",
        ),
        lambda _: (),
        take_to_vote,
    ),
    "give-up": StepForm(
        "Leave it at this?",
        "Leave it",
        "Keep working on it",
        ("The proposal is not adopted. What was said stays readable. You can write a new proposal any time.",),
        lambda _: (reason_field(),),
        leave_it,
    ),
    "settle": StepForm(
        "What became of your objection?",
        "Record it",
        "Let it stand",
        ("You can accept the answer that the author wrote, or withdraw your objection. All members can read it.",),
        lambda _: (
            Field(
                "answer",
                "My objection",
                "select",
                choices=(("yes", "is taken up: I accept the answer"), ("no", "is withdrawn")),
            ),
        ),
        settle_it,
    ),
    "finding": StepForm(
        "Record what the panel found",
        "Record the finding",
        "Not now",
        (
            "The panel looks only whether a reason was given and whether it relates to our aims. Its finding is public "
            "and changes no count.",
        ),
        lambda stand: (whose(stand), Field("finding", "Finding", missing="Write what the panel found.")),
        record_finding,
    ),
    "answer": StepForm(
        "Answer the advice",
        "Send the answer",
        "Not now",
        ("All members can read it. Advice that is changed later needs a new answer.",),
        lambda stand: (whose(stand), Field("text", "Your answer", missing="Write your answer.")),
        answer_piece,
    ),
    "decide": StepForm(
        "Decide",
        "Decide this",
        "Not yet",
        (
            "The decision stands under your name. It comes into force after 7 days; until then members can call it in.",
            "If advice is still being taken, that ends now.",
        ),
        lambda _: (
            Field("answer", "I decide", "select", choices=(("yes", "to do it"), ("no", "not to do it"))),
            Field("text", "The decision in words", missing="Write what you decide and why."),
        ),
        decide_it,
    ),
    "call-in": StepForm(
        "Should all decide this?",
        "Call it in",
        "Let it stand",
        (
            "When enough members call it in, all vote on it, and nothing is in force before. Your name and reason stand here.",
        ),
        lambda _: (reason_field("Why all should decide"),),
        call_it_in,
    ),
    "dates": StepForm(
        "Dates of this decision",
        "Set the dates",
        "Leave them",
        ("On the review date its author and the office are reminded to look at it again.",),
        lambda stand: (
            *(
                (Field("effective", "In force from", "time", optional=True),)
                if stand.view.state.value == "decided"
                else ()
            ),
            Field("review", "Look at it again on", "time", optional=True),
        ),
        set_dates,
    ),
    "replaced": StepForm(
        "Which decision replaced this one?",
        "Record it",
        "It still holds",
        ("Both decisions will name each other in the register.",),
        lambda _: (
            Field(
                "number", "Number of the newer decision", "line", hint="Such as 2026-18.", missing="Give its number."
            ),
            Field(
                "answer",
                "It",
                "select",
                choices=(("supersede", "takes the place of this one"), ("repeal", "repeals this one")),
            ),
            reason_field(optional=True),
        ),
        replace_decision,
    ),
}
OPEN_BY = {"replaced": "dates"}
"""Steps that are open when another one is."""
