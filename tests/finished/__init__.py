"""The finished deployment: the machine as the article's last step leaves it, for the tests that go on from there."""
