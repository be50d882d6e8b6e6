# Compile with Clang; headers, C library, libgcc and linker are those of the GNU Arm Embedded toolchain.
if(NOT CMAKE_C_COMPILER)
  set(CMAKE_C_COMPILER clang)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/arm-none-eabi.cmake)
set(CMAKE_C_COMPILER_TARGET arm-none-eabi)

find_program(HARNESS_LINKER arm-none-eabi-gcc REQUIRED)
find_program(CMAKE_AR arm-none-eabi-ar REQUIRED)
find_program(CMAKE_RANLIB arm-none-eabi-ranlib REQUIRED)

# GCC knows where its C library's headers lie: it is asked for one of them.
execute_process(COMMAND ${HARNESS_LINKER} -M -include string.h -x c /dev/null
  OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
if(NOT headers MATCHES "([^ \n]+)/string\\.h")
  message(FATAL_ERROR "arm-none-eabi-gcc has no string.h: its C library is not installed")
endif()
add_compile_options(-isystem ${CMAKE_MATCH_1})

# Enumerations as small as GCC makes them on this ABI: the linker checks that all agree.
set(HARNESS_TOOLCHAIN_FLAGS -fshort-enums)

# GCC's driver chooses the libraries for the core; <FLAGS> would be Clang's. Clang's objects say that
# the stack holds no code, newlib's say nothing: without -z the linker warns, which is an error here.
set(CMAKE_C_LINK_EXECUTABLE "\"${HARNESS_LINKER}\" -Wl,-z,noexecstack <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
