"""The service: what is due, who crawls it, what is known, what is kept and handed on."""
