"""Files in memory and on disk: new folders and transactions, all of it or nothing."""
