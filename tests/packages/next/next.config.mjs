// Nothing but the root of the app, which is not that of the repository.
export default { turbopack: { root: import.meta.dirname } };
