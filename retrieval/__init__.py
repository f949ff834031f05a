"""From a folder of articles to an answer that cites its exact characters."""
