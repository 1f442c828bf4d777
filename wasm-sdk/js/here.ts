// Where this script came from, for the builds that are no modules: they have it instead of `import.meta.url`.

const script = typeof document === "undefined" ? undefined : (document.currentScript as HTMLScriptElement | null);

/** Undefined where there is no page; there nobody asks. In a script that is no file it is the page. */
export const here = typeof document === "undefined" ? undefined : script?.src || document.baseURI;
