// Nothing by itself: chromium.mjs calls chrome.tabs in here. No protocol can discard or duplicate a tab.
