"""Protocol buffer messages that `tensorboard.compat.proto` does not ship.

The `*_pb2.py` files are generated, from the repository's root, with
`python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. tensormill/proto/NAME.proto` of grpcio-
tools 1.62: code of that generation runs on every protobuf from 4.25 on.
"""
