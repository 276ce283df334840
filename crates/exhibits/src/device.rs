//! The one device, made so that every engine of this build can share it.

/// Asks for the device; `hint` as in [`gpu::Device::request_for`].
///
/// # Errors
/// Those of [`gpu::Device::request_for`].
pub async fn device(hint: Option<&str>) -> Result<gpu::Device, gpu::GpuError> {
    #[cfg(feature = "nets")]
    let asked = gpu::Device::request_for(hint, |adapter, limits| {
        (nets::required_features(adapter), nets::required_limits(adapter, limits))
    });
    #[cfg(not(feature = "nets"))]
    let asked = gpu::Device::request(hint);
    asked.await
}
