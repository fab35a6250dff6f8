"""Which mistake makes a wrong number: the calculation as lines, changed on purpose, worked again and compared."""
