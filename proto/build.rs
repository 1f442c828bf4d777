//! Compiles `weft/v1/weft.proto` with protox, so that no protoc is needed on the machine.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=weft/v1/weft.proto");
    let files = protox::compile(["weft/v1/weft.proto"], ["."])?;
    prost_build::Config::new().compile_fds(files)?;
    Ok(())
}
