# SPDX-License-Identifier: Apache-2.0
#
# ringside_add_driver(NAME SOURCES file... [INCLUDES folder...] [DEFINES name=value...] [OPTIONS flag...] [TRACES function...] [LLP64]
#                     [MEASURED])
#
# Builds a Windows network-driver source tree into the module NAME.so, in the folder of the build that calls it. C and C++ sources; DEFINES
# are those of the driver's own project (NDIS630=1 and its like; ringside/include/ndis/version.h), DBG=1 among them for a checked build.
# TRACES: functions that the Windows trace preprocessor (WPP) makes of tracing statements, "DEBUGP" for one; those that the sources name in
# a begin_wpp block are found. LLP64: `long` has 32 bits in the sources (llp64.h). The driver is compiled as the Windows compiler would:
# 16-bit wchar_t, Microsoft's extensions, no strict aliasing; warnings are the driver's own affair and off.
#
# MEASURED: the driver tells what it loads and stores, for cpu.model: caches (hw/cpu).
#
# ringside_export_wdk(TARGET): that program has every name of the driver kit, and lets modules find them.
set(RINGSIDE_SDK_FOLDER ${CMAKE_CURRENT_LIST_DIR} CACHE INTERNAL "The folder of driver/sdk")

function(ringside_add_driver name)
    cmake_parse_arguments(ARG "LLP64;MEASURED" "" "SOURCES;INCLUDES;DEFINES;OPTIONS;TRACES" ${ARGN})
    if(NOT ARG_SOURCES)
        message(FATAL_ERROR "ringside_add_driver(${name}): name its sources after SOURCES")
    endif()
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    set(names ${CMAKE_CURRENT_BINARY_DIR}/${name}.names)
    set(folders ${ARG_INCLUDES})
    foreach(source ${ARG_SOURCES})
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
        cmake_path(GET source PARENT_PATH folder)
        list(APPEND folders ${folder})
    endforeach()
    list(REMOVE_DUPLICATES folders)
    list(TRANSFORM ARG_TRACES PREPEND --trace= OUTPUT_VARIABLE traces)
    execute_process(COMMAND ${Python3_EXECUTABLE} ${RINGSIDE_SDK_FOLDER}/windows_names.py --out ${names} ${traces} ${folders}
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} COMMAND_ERROR_IS_FATAL ANY)
    add_library(${name} MODULE ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES PREFIX "" C_STANDARD 11 C_EXTENSIONS ON CXX_EXTENSIONS ON COMPILE_WARNING_AS_ERROR OFF)
    target_include_directories(${name} PRIVATE ${ARG_INCLUDES} ${names} ${RINGSIDE_SDK_FOLDER}/../include)
    target_compile_definitions(${name} PRIVATE ${ARG_DEFINES})
    target_compile_options(${name} PRIVATE -g -w -fms-extensions -fshort-wchar -fno-strict-aliasing ${ARG_OPTIONS})
    if(ARG_LLP64)
        target_compile_options(${name} PRIVATE -include ${RINGSIDE_SDK_FOLDER}/llp64.h)
    endif()
    if(ARG_MEASURED)
        target_compile_options(${name} PRIVATE -fsanitize=thread -include ${RINGSIDE_SDK_FOLDER}/../../hw/cpu/measured.h)
        target_include_directories(${name} PRIVATE ${RINGSIDE_SDK_FOLDER}/../../hw/cpu)
    endif()
    target_link_options(${name} PRIVATE -Wl,--emit-relocs -Wl,-Bsymbolic)
endfunction()

# The libraries are given whole and first: where they come again by their names, nothing of them is missing any more.
function(ringside_export_wdk target)
    set_target_properties(${target} PROPERTIES ENABLE_EXPORTS ON)
    target_link_options(${target} PRIVATE
        "LINKER:--whole-archive,$<TARGET_FILE:ringside_netcx>,$<TARGET_FILE:ringside_ndis>,$<TARGET_FILE:ringside_kernel>,--no-whole-archive")
    target_link_libraries(${target} PRIVATE ringside_module ringside_netcx ringside_ndis ringside_kernel)
endfunction()
