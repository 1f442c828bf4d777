// Storage of the browser, which may be refused: by private mode, in third-party frames, by the person or by policy.

/** localStorage, if it may be used. Merely looking at it throws where it is refused. */
export const localStore = (): Storage | undefined => usable(() => localStorage);

/** sessionStorage, if it may be used. */
export const tabStore = (): Storage | undefined => usable(() => sessionStorage);

const usable = (look: () => Storage): Storage | undefined => {
  try {
    return look();
  } catch {
    return undefined;
  }
};
