"""One file per schema version: what that version changed."""
