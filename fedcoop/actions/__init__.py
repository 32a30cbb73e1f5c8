"""What can be done: one plain function a deed, `(uow, *, …) → value or Refused`; they call the rules and store."""
