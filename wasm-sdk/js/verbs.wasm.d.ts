// target/verbs.wasm, which `cargo xtask wasm` makes: the module that applies a policy, as it is bundled.

declare module "*/verbs.wasm" {
  /** In base64. */
  const module: string;
  export default module;
}
