#if os(iOS)
    import AVFoundation
    import UIKit

    /// Checks camera frames by the tile rule; both callbacks run on the queue given to `makeOutput`.
    ///
    /// After "AVCaptureVideoDataOutput" on developer.apple.com, and the camera of MediaPipe's iOS samples.
    public final class FrameChecker: NSObject, AVCaptureVideoDataOutputSampleBufferDelegate {
        /// How the frames must be turned, as an EXIF orientation: see `orientationOf`.
        public var orientation: Int {
            get { lock.withLock { turned } }
            set { lock.withLock { turned = newValue } }
        }

        private let lock = NSLock()
        private var turned = 6  // the back camera of a phone held upright
        private let detector: Detector
        private let onVerdict: (Verdict) -> Void
        private let onError: (Error) -> Void

        public init(
            detector: Detector, onVerdict: @escaping (Verdict) -> Void, onError: @escaping (Error) -> Void
        ) {
            self.detector = detector
            self.onVerdict = onVerdict
            self.onError = onError
        }

        /// Returns the output to add to a capture session: BGRA frames, late ones dropped, on a serial `queue`.
        public func makeOutput(queue: DispatchQueue) -> AVCaptureVideoDataOutput {
            let output = AVCaptureVideoDataOutput()
            output.videoSettings = [kCVPixelBufferPixelFormatTypeKey as String: kCVPixelFormatType_32BGRA]
            output.alwaysDiscardsLateVideoFrames = true
            output.setSampleBufferDelegate(self, queue: queue)
            return output
        }

        public func captureOutput(
            _ output: AVCaptureOutput, didOutput sampleBuffer: CMSampleBuffer,
            from connection: AVCaptureConnection
        ) {
            guard let buffer = CMSampleBufferGetImageBuffer(sampleBuffer) else { return }
            do {
                onVerdict(try detector.check(turnUpright(try readFrame(buffer), orientation: orientation)))
            } catch {
                onError(error)
            }
        }
    }

    /// Returns the EXIF orientation of the frames of the camera at `position` while the device is held so.
    ///
    /// The sensor's own upright is the device on its side; the front camera's frames are mirrored too.
    public func orientationOf(_ device: UIDeviceOrientation, position: AVCaptureDevice.Position) -> Int {
        let front = position == .front
        switch device {
        case .portraitUpsideDown: return front ? 7 : 8
        case .landscapeLeft: return front ? 4 : 1
        case .landscapeRight: return front ? 2 : 3
        default: return front ? 5 : 6
        }
    }

    private func readFrame(_ buffer: CVPixelBuffer) throws -> RgbImage {
        CVPixelBufferLockBaseAddress(buffer, .readOnly)
        defer { CVPixelBufferUnlockBaseAddress(buffer, .readOnly) }
        let (width, height) = (CVPixelBufferGetWidth(buffer), CVPixelBufferGetHeight(buffer))
        let rowBytes = CVPixelBufferGetBytesPerRow(buffer)
        guard let base = CVPixelBufferGetBaseAddress(buffer) else {
            throw PhotoError(reason: "a camera frame without memory")
        }
        let pixels = UnsafeRawBufferPointer(start: base, count: rowBytes * height)
        return readPixels(pixels, width: width, height: height, rowBytes: rowBytes, order: .bgra)
    }
#endif
