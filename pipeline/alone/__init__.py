"""Tables and event logs of one controller, without a project."""
