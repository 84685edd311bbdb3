"""The picture session without its page: pictures, what was heard at each, and the files to take home."""
