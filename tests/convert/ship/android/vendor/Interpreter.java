package org.tensorflow.lite;

import java.nio.ByteBuffer;
import java.util.Map;

/** What the kit calls of the vendor's class (tensorflow/lite/java), declared and never run: it needs Android. */
public final class Interpreter implements AutoCloseable {
    public static class Options {
        public native Options setNumThreads(int numThreads);
    }

    public Interpreter(ByteBuffer model, Options options) {}

    public native void allocateTensors();

    public native Tensor getInputTensor(int index);

    public native Tensor getOutputTensor(int index);

    public native String[] getSignatureInputs(String key);

    public native String[] getSignatureOutputs(String key);

    public native Tensor getInputTensorFromSignature(String name, String key);

    public native Tensor getOutputTensorFromSignature(String name, String key);

    public native void run(Object input, Object output);

    public native void runSignature(Map<String, Object> inputs, Map<String, Object> outputs, String key);

    @Override
    public native void close();
}
