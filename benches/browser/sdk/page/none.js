// The page without an SDK: what is left of the calls is what the app itself does for them.
window.subject = {
  record: (index) => void (window.kept = window.attributesOf(index)),
  flush: async () => {},
};
