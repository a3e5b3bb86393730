"""Files in memory and on disk: new folders and transactions, all or nothing."""
