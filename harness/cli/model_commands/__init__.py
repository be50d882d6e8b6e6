"""`harness models ...`: a module here is a command below it."""
