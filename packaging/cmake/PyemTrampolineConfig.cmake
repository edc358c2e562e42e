# find_package(PyemTrampoline CONFIG REQUIRED), then target_link_libraries(host PRIVATE PyemTrampoline::PyemTrampoline).

get_filename_component(_pyem_folder "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)

# Links with shared memory take an archive of their own. A target's compile options say what it is, or the flags of all.
set(_pyem_threads "$<BOOL:OFF>")
foreach(_pyem_flag -pthread -sWASM_WORKERS -sWASM_WORKERS=1 -sSHARED_MEMORY -sSHARED_MEMORY=1)
  string(APPEND _pyem_threads ",$<IN_LIST:${_pyem_flag},$<TARGET_PROPERTY:COMPILE_OPTIONS>>")
  if(" ${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} " MATCHES " ${_pyem_flag} ")
    set(_pyem_threads "$<BOOL:ON>")
    break()
  endif()
endforeach()

if(NOT TARGET PyemTrampoline::PyemTrampoline)
  add_library(PyemTrampoline::PyemTrampoline INTERFACE IMPORTED)
  # An option of the link stands before all libraries, so that CPython's cannot come first.
  set_target_properties(PyemTrampoline::PyemTrampoline PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_pyem_folder}"
    INTERFACE_LINK_OPTIONS "${_pyem_folder}/libpyem_trampoline$<$<OR:${_pyem_threads}>:-mt>.a")
endif()
