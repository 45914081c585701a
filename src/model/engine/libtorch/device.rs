//! Which of the machine's devices, and which floats.

use tch::{Cuda, Kind};

use crate::model::engine::choice::{Device, Place, Precision};

/// A device that is there, and floats that it computes with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chosen {
    pub(super) device: tch::Device,
    pub(super) kind: Kind,
}

/// The GPUs that libtorch sees.
pub(super) struct Gpus {
    /// libtorch was built with CUDA.
    built: bool,
    count: usize,
}

impl Gpus {
    /// Those of this machine.
    pub(super) fn here() -> Self {
        Self { built: tch::utils::has_cuda(), count: usize::try_from(Cuda::device_count()).unwrap_or(0) }
    }

    /// For an error: what is there.
    fn found(&self) -> String {
        match (self.built, self.count) {
            (false, _) => "this libtorch is built for CPUs only".into(),
            (true, 0) => {
                "libtorch is built with CUDA and sees no GPU: is there a driver, and may this process use it?".into()
            }
            (true, count) => format!("GPUs here are cuda:0 to cuda:{}", count - 1),
        }
    }
}

impl Chosen {
    /// What `place` comes to on a machine with these GPUs.
    pub(super) fn of(place: Place, gpus: &Gpus) -> Result<Self, String> {
        let device = match place.device {
            Device::Cpu => tch::Device::Cpu,
            Device::Auto if gpus.count == 0 => tch::Device::Cpu,
            Device::Auto => tch::Device::Cuda(0),
            Device::Cuda(number) if number < gpus.count => tch::Device::Cuda(number),
            missing => {
                return Err(format!("device: found \"{missing}\"; expected one that is there: {}", gpus.found()));
            }
        };
        let kind = match (place.precision, device.is_cuda()) {
            (Precision::Auto | Precision::Float16, true) => Kind::Half,
            (Precision::Auto, false) | (Precision::Float32, _) => Kind::Float,
            (Precision::Float16, false) => {
                return Err("precision: found \"float16\" on the CPU; expected \"float32\", or a GPU".into());
            }
        };
        Ok(Self { device, kind })
    }

    /// For people: `cuda:0, float16`.
    pub(super) fn name(self) -> String {
        let device = match self.device {
            tch::Device::Cuda(number) => Device::Cuda(number),
            _ => Device::Cpu,
        };
        let precision = if self.kind == Kind::Half { Precision::Float16 } else { Precision::Float32 };
        format!("{device}, {}", precision.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Gpus = Gpus { built: false, count: 0 };
    const TWO: Gpus = Gpus { built: true, count: 2 };

    fn chosen(device: Device, precision: Precision, gpus: &Gpus) -> Result<String, String> {
        Chosen::of(Place { device, precision }, gpus).map(Chosen::name)
    }

    #[test]
    fn auto_is_the_first_gpu_in_half_precision_or_else_the_cpu_in_single() {
        assert_eq!(chosen(Device::Auto, Precision::Auto, &NONE).unwrap(), "cpu, float32");
        assert_eq!(chosen(Device::Auto, Precision::Auto, &TWO).unwrap(), "cuda:0, float16");
        assert_eq!(chosen(Device::Cuda(1), Precision::Float32, &TWO).unwrap(), "cuda:1, float32");
        assert_eq!(chosen(Device::Cpu, Precision::Auto, &TWO).unwrap(), "cpu, float32");
    }

    #[test]
    fn a_gpu_that_is_not_there_says_what_is() {
        let told = |gpus| chosen(Device::Cuda(2), Precision::Auto, gpus).unwrap_err();
        assert!(
            told(&NONE).contains("found \"cuda:2\"") && told(&NONE).contains("built for CPUs only"),
            "{}",
            told(&NONE)
        );
        assert!(told(&TWO).contains("cuda:0 to cuda:1"), "{}", told(&TWO));
        let blind = Gpus { built: true, count: 0 };
        assert!(told(&blind).contains("sees no GPU"), "{}", told(&blind));
    }

    #[test]
    fn half_precision_is_for_gpus() {
        let told = chosen(Device::Auto, Precision::Float16, &NONE).unwrap_err();
        assert!(told.contains("precision: found \"float16\" on the CPU"), "{told}");
    }
}
