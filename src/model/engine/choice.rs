//! Which engine, and where and how precisely it computes: as users write it.

use std::fmt;
use std::str::FromStr;

/// Which engine runs the encoder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EngineKind {
    /// The int8 encoder in Rust.
    #[default]
    Cpu,
    /// rust-bert's layers on libtorch: on NVIDIA's GPUs, or in float32 on a CPU. Only in programs built with the feature `libtorch`.
    Libtorch(Place),
}

/// Where and how precisely libtorch computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub device: Device,
    /// How precisely.
    pub precision: Precision,
}

/// A device of libtorch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Device {
    /// The first GPU if there is one, or else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number, counted from 0.
    Cuda(usize),
}

impl Device {
    /// What [`Device::from_str`] takes, for errors.
    pub const EXPECTED: &str = "\"auto\", \"cpu\" or a GPU such as \"cuda:0\"";
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = || text.strip_prefix("cuda:")?.parse().ok();
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => number().map(Self::Cuda).ok_or_else(|| format!("found {text:?}; expected {}", Self::EXPECTED)),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// The floats that libtorch computes with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// Half precision on a GPU, single precision on a CPU.
    #[default]
    Auto,
    /// Single precision.
    Float32,
    /// Half precision; only on a GPU, since CPUs are slower in it.
    Float16,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Float32, Self::Float16];

    /// What [`Precision::from_str`] takes, for errors.
    pub const EXPECTED: &str = "\"auto\", \"float32\" or \"float16\"";

    /// As users write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Float32 => "float32",
            Self::Float16 => "float16",
        }
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|precision| precision.name() == text);
        named.ok_or_else(|| format!("found {text:?}; expected {}", Self::EXPECTED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for device in [Device::Auto, Device::Cpu, Device::Cuda(0), Device::Cuda(11)] {
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for wrong in ["", "gpu", "cuda:", "cuda:-1", "cuda:a", "CPU"] {
            let told = wrong.parse::<Device>().unwrap_err();
            assert!(told.contains(&format!("{wrong:?}")) && told.contains("cuda:0"), "{told}");
        }
    }

    #[test]
    fn precisions_are_read_as_they_are_written() {
        for precision in Precision::ALL {
            assert_eq!(precision.name().parse(), Ok(precision));
        }
        assert!("int8".parse::<Precision>().unwrap_err().contains("\"float32\""));
    }
}
