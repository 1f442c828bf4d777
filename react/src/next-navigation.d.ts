// What is used of Next, which is too large to be fetched for two types.

declare module "next/navigation.js" {
  /** `null`: there is none yet, in pages of the old router. */
  export const usePathname: () => string | null;
  export const useParams: () => Record<string, string | string[] | undefined> | null;
}
