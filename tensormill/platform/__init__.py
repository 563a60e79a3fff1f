"""What a program uses of its surroundings: flags, logging, files, the start of the program."""
