-- The small number of a source, which it has from now on where it had none.
-- ARGV: its name
return number_of_source(ARGV[1])
