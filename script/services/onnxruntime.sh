# shellcheck shell=bash
# ONNX Runtime, the library that the feature `ort` loads, out of its Python package. Sets ORT_DYLIB_PATH.

# Into target/, once for each version.
install_onnxruntime() {
  local version=1.31.1 folder=target/onnxruntime
  if [ "$(cat "$folder/version" 2>/dev/null)" != "$version" ]; then
    rm -rf "$folder"
    mkdir -p target
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps "onnxruntime==$version"
    echo "$version" >"$folder/version"
  fi
  ORT_DYLIB_PATH=$(echo "$PWD/$folder"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.*)
  export ORT_DYLIB_PATH
}
