package org.tensorflow.lite;

/** What the kit calls of the vendor's interface, see `Interpreter`. */
public interface Tensor {
    class QuantizationParams {
        public native float getScale();

        public native int getZeroPoint();
    }

    DataType dataType();

    int[] shape();

    int numBytes();

    QuantizationParams quantizationParams();
}
