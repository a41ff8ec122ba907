as_test(io unit/test_io.c)
as_test(crypto unit/test_crypto.c)
as_test(strip unit/test_strip.c)
