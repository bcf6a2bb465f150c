"""The pages, a module each: what it asks for, what is shaped of it, and its template."""
