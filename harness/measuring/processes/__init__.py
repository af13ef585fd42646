"""One child process from start to end, and everything it leaves behind."""
