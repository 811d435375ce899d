package org.tensorflow.lite;

/** The vendor's types of tensors, see `Interpreter`. */
public enum DataType {
    FLOAT32, INT32, UINT8, INT64, STRING, BOOL, INT16, INT8
}
