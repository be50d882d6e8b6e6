# The variables of a firmware build, checked, and the compiler flags that follow from them.
set(HARNESS_PORT "" CACHE STRING "Folder of ports/, or the absolute path of a port elsewhere")
set(HARNESS_TARGET "" CACHE STRING "Id of the target, told in HELLO")
set(HARNESS_KERNEL_SET "" CACHE STRING "Id of the kernel set, told in HELLO")
set(HARNESS_CPU_FLAGS "" CACHE STRING "Compiler flags that select the core")
set(HARNESS_OPTIMISATION "-O2" CACHE STRING "Optimisation flag of core, port, kernels and library")
set(HARNESS_KERNEL_DIRS "" CACHE STRING "Folders of kernels; the first file of a name wins")
set(HARNESS_BAUD_RATE "" CACHE STRING "Bits per second of the link, for ports whose UART has a rate")
set(HARNESS_DEVICE_HEADER "" CACHE STRING "The vendor's register header that the port includes; empty: none")
set(HARNESS_DEVICE_INCLUDE "" CACHE STRING "Folders of that header and of the CMSIS core headers")
set(HARNESS_DEFINES "" CACHE STRING "NAME=VALUE for core and port")
set(HARNESS_FILE_DEFINES "" CACHE STRING "FILE.c=MACRO for single files of library and kernels")
set(HARNESS_UNDEFINES "" CACHE STRING "Predefined macros that library and kernels do not see")
set(HARNESS_CMSIS_NN_ROOT "" CACHE PATH "CMSIS-NN: the folder with Include/ and Source/; empty: none")
set(HARNESS_CMSIS_NN_ARCHIVE "" CACHE FILEPATH "libcmsis-nn.a of an earlier build with the same flags; empty: compile it")
set(HARNESS_STACK_BYTES 4096 CACHE STRING "Bytes of ram that data must leave to the stack")

set(regions CODE RAM MODEL_SLOT ARENA)
set(required HARNESS_PORT HARNESS_TARGET HARNESS_KERNEL_SET HARNESS_CPU_FLAGS HARNESS_KERNEL_DIRS)
foreach(region ${regions})
  set(HARNESS_${region}_ORIGIN "" CACHE STRING "First address of region ${region}")
  set(HARNESS_${region}_LENGTH "" CACHE STRING "Bytes of region ${region}")
  list(APPEND required HARNESS_${region}_ORIGIN HARNESS_${region}_LENGTH)
endforeach()
foreach(name ${required})
  if("${${name}}" STREQUAL "")
    message(FATAL_ERROR "${name} is not set")
  endif()
endforeach()

get_filename_component(HARNESS_PORT_DIR "${HARNESS_PORT}" ABSOLUTE BASE_DIR ${CMAKE_CURRENT_LIST_DIR}/../ports)
if(NOT EXISTS ${HARNESS_PORT_DIR}/port.c)
  message(FATAL_ERROR "HARNESS_PORT: there is no ${HARNESS_PORT_DIR}/port.c")
endif()

# Never -ffreestanding or -fno-builtin: kernels load words with memcpy(), which must not become calls.
set(HARNESS_FLAGS ${HARNESS_CPU_FLAGS} ${HARNESS_TOOLCHAIN_FLAGS} -std=c11 ${HARNESS_OPTIMISATION} -g
  -ffunction-sections -fdata-sections)

# Not for core and port: a kernel set chooses among paths of its own, and nothing else.
set(HARNESS_KERNEL_FLAGS ${HARNESS_UNDEFINES})
list(TRANSFORM HARNESS_KERNEL_FLAGS PREPEND -U)

# What the record of a measurement keeps: the flags of kernels and library, in one line.
function(harness_write_flags path)
  set(flags ${HARNESS_FLAGS} ${HARNESS_KERNEL_FLAGS})
  foreach(define ${HARNESS_FILE_DEFINES})
    string(FIND "${define}" "=" at) # the first one; a macro may have a value
    string(SUBSTRING "${define}" 0 ${at} file)
    math(EXPR at "${at} + 1")
    string(SUBSTRING "${define}" ${at} -1 macro)
    list(APPEND flags ${file}:-D${macro})
  endforeach()
  list(JOIN flags " " line)
  file(WRITE ${path} "${line}\n")
endfunction()

# Link `target` by cmake/firmware.ld.in. The full newlib, not nano, whose memcpy goes byte by byte.
function(harness_link_layout target)
  set(script ${CMAKE_CURRENT_BINARY_DIR}/firmware.ld)
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/firmware.ld.in ${script} @ONLY)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  target_link_options(${target} PRIVATE ${HARNESS_CPU_FLAGS} -nostartfiles -T ${script} -Wl,--gc-sections
    -Wl,--build-id=sha1 -Wl,--nmagic -Wl,--fatal-warnings -Wl,-Map=${CMAKE_CURRENT_BINARY_DIR}/firmware.map)
endfunction()
