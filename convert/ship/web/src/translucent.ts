/**
 * The exact pixels of a picture with transparency. A 2d canvas multiplies colours by alpha and loses the low bits;
 * a WebGL texture keeps them.
 */

/** Return RGBA bytes that were never multiplied by alpha; undefined where WebGL is not there or the picture too large. */
export function readUnmultiplied(bitmap: ImageBitmap): Uint8ClampedArray | undefined {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl || Math.max(width, height) > (gl.getParameter(gl.MAX_TEXTURE_SIZE) as number)) return undefined;
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, gl.getParameter(gl.TEXTURE_BINDING_2D), 0);
  const bytes = new Uint8Array(width * height * 4);
  if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE) {
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
  }
  const failed = gl.getError() !== gl.NO_ERROR || gl.isContextLost();
  gl.getExtension('WEBGL_lose_context')?.loseContext(); // at once, not when the collector comes round
  return failed ? undefined : new Uint8ClampedArray(bytes.buffer);
}
