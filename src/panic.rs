//! For `--features staticlib`: rustc links no staticlib without a panic handler.

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
