"""The pages for people: plain HTML forms after the design, rendered on the server, no script needed."""
