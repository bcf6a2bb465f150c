-- The extraction of a page came to its end, whatever becomes of the page: this start is not counted.
-- ARGV: token, run
close(ARGV[1], ARGV[2])
return 1
