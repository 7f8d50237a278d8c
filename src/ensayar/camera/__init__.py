"""Takes screenshots and compares them. Needs the extra ``ensayar[screenshots]`` and Debian's Chromium."""
