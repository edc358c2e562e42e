//! A program outside the repository that is not CPython: on emscripten it asks for the signatures of C functions.

use pyem_trampoline::Signature;

#[cfg(target_os = "emscripten")]
mod emscripten {
    use core::{
        ffi::{CStr, c_char, c_void},
        mem::transmute,
    };

    // SAFETY: libc and emscripten define them; the functions of libc are not called.
    unsafe extern "C" {
        fn getpid() -> i32;
        fn abs(number: i32) -> i32;
        fn strcmp(left: *const c_char, right: *const c_char) -> i32;
        fn memcmp(left: *const c_void, right: *const c_void, length: usize) -> i32;
        fn sqrt(number: f64) -> f64;
        fn emscripten_run_script_string(script: *const c_char) -> *const c_char;
    }

    pub fn live_path() -> String {
        // SAFETY: the script ends in a NUL and gives a text, which emscripten keeps until the next call.
        let path = unsafe {
            CStr::from_ptr(emscripten_run_script_string(c"Module['pyemTrampoline']['path']".as_ptr()))
        };
        path.to_string_lossy().into_owned()
    }

    pub fn arities() -> [Option<u8>; 5] {
        [getpid as *const (), abs as *const (), strcmp as *const (), memcmp as *const (), sqrt as *const ()].map(
            |function| {
                // SAFETY: a function's address may have any type until it is called, and is not null.
                let handler = unsafe { transmute::<*const (), pyem_trampoline::Handler>(function) };
                pyem_trampoline::signature_of(handler).arity()
            },
        )
    }
}

fn main() {
    #[cfg(target_os = "emscripten")]
    println!("{} {:?}", emscripten::live_path(), emscripten::arities());
    #[cfg(not(target_os = "emscripten"))]
    println!("{:?}", Signature::from_byte(4).arity());
    assert!(Signature::from_byte(16).arity().is_none());
}
