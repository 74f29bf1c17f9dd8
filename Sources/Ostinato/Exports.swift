@_exported import OstinatoFormats
@_exported import OstinatoGraph
@_exported import OstinatoLayers
@_exported import OstinatoRuntime
@_exported import OstinatoTensors
