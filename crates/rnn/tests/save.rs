//! Networks as files.
#![allow(clippy::unwrap_used)]

use numerics::Stream;
use rnn::save::{EDITION, SaveError, read, read_as, write};
use rnn::{CellKind, Error};

fn drawn(kind: CellKind, directions: usize) -> Vec<f64> {
    let count = kind.build::<f64>().unwrap().layout().len() * directions;
    let mut stream = Stream::new(1, "parameters");
    (0..count).map(|_| (stream.normal() as f32).into()).collect()
}

#[test]
fn every_cell_comes_back_as_it_was_saved_in_either_precision() {
    for kind in CellKind::examples() {
        for directions in [1, 2] {
            let p = drawn(kind, directions);
            let narrow: Vec<f32> = p.iter().map(|&p| p as f32).collect();
            for bytes in [write(kind, &p).unwrap(), write(kind, &narrow).unwrap()] {
                let saved = read(&bytes).unwrap();
                assert_eq!((saved.kind, saved.bidirectional), (kind, directions == 2));
                assert_eq!(saved.parameters, p);
                assert_eq!(read_as::<f32>(kind, directions == 2, &bytes).unwrap(), narrow);
            }
        }
    }
}

#[test]
fn the_file_is_laid_out_as_safetensors_says() {
    let kind = CellKind::Tanh { inputs: 1, hidden: 2, outputs: 1 };
    let p: Vec<f32> = (0..11).map(|k| k as f32).collect();
    let bytes = write(kind, &p).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    assert_eq!(length % 8, 0);
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    assert_eq!(header["U"], serde_json::json!({ "dtype": "F32", "shape": [2, 1], "data_offsets": [16, 24] }));
    assert_eq!(header["__metadata__"]["edition"], EDITION);
    assert!(header["__metadata__"].as_object().unwrap().values().all(serde_json::Value::is_string));
    let numbers = &bytes[8 + length..];
    assert_eq!(numbers.len(), 44);
    assert_eq!(numbers[16..20], 4.0_f32.to_le_bytes());
}

/// The file with its header's text changed.
fn changed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    assert!(header.contains(from), "{header}");
    let header = header.replacen(from, to, 1).into_bytes();
    [&(header.len() as u64).to_le_bytes()[..], &header, &bytes[8 + length..]].concat()
}

#[test]
fn faults_are_told_apart_and_say_what_would_be_right() {
    let kind = CellKind::Tanh { inputs: 1, hidden: 2, outputs: 1 };
    let bytes = write(kind, &drawn(kind, 1)).unwrap();
    let fault = |bytes: &[u8]| match read(bytes) {
        Err(Error::Save(fault)) => fault,
        other => panic!("{other:?}"),
    };
    let say = |bytes: &[u8]| fault(bytes).to_string();
    assert_eq!(fault(&bytes[..5]), SaveError::Truncated { part: "length", found: 5, needed: 8 });
    assert!(matches!(fault(&bytes[..50]), SaveError::Truncated { part: "header", found: 50, .. }));
    let cut = fault(&bytes[..bytes.len() - 1]);
    assert_eq!(cut, SaveError::Truncated { part: "numbers", found: 87, needed: 88 });
    let long = [&bytes[..], &[0]].concat();
    assert_eq!(fault(&long), SaveError::Surplus { found: long.len(), expected: bytes.len() });
    assert!(matches!(fault(&[0xff; 20]), SaveError::Header(_)));
    assert!(matches!(fault(&changed(&bytes, "{", "[")), SaveError::Header(_)));
    assert_eq!(fault(&changed(&bytes, "\"cell\"", "\"call\"")), SaveError::NotOurs("cell"));
    assert!(say(&changed(&bytes, "\"edition\":\"1\"", "\"edition\":\"7\"")).contains("of edition 7"));
    assert!(matches!(
        fault(&changed(&bytes, "\"directions\":\"1\"", "\"directions\":\"3\"")),
        SaveError::Header(_)
    ));
    assert!(say(&changed(&bytes, "tanh", "tanj")).contains("not one that is known"));
    let text = say(&changed(&bytes, "\"U\"", "\"V\""));
    assert_eq!(text, "the file has no tensor `U`, which the cell needs (2 × 1)");
    let text = say(&changed(&bytes, "[2,2]", "[4,1]"));
    assert_eq!(text, "the tensor `W` has the shape [4,1]; the cell needs [2,2]");
    assert!(matches!(fault(&changed(&bytes, "F64", "I64")), SaveError::Type { .. }));
    assert!(matches!(fault(&changed(&bytes, "[0,32]", "[8,32]")), SaveError::Place { needed: 32, .. }));
    let far = changed(&bytes, "[0,32]", "[18446744073709551583,18446744073709551615]");
    assert!(matches!(fault(&far), SaveError::Truncated { part: "numbers", .. }));
    assert!(matches!(fault(&changed(&bytes, "[0,32]", "[32,0]")), SaveError::Place { .. }));
    let extra = "{\"Z\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[0,0]},";
    assert_eq!(fault(&changed(&bytes, "{", extra)), SaveError::Unknown("Z".into()));
    let mut p = drawn(kind, 1);
    p[5] = f64::NAN;
    let text = say(&write(kind, &p).unwrap());
    assert_eq!(text, "entry 1 of the tensor `U` is not finite");
}

#[test]
fn another_network_than_the_one_asked_for_is_refused() {
    let kind = CellKind::Tanh { inputs: 1, hidden: 2, outputs: 1 };
    let bytes = write(kind, &drawn(kind, 1)).unwrap();
    let other = CellKind::Gru { inputs: 1, hidden: 2, outputs: 1 };
    let text = read_as::<f64>(other, false, &bytes).unwrap_err().to_string();
    assert!(
        text.contains("holds the network {\"tanh\"") && text.contains("asked for was {\"gru\""),
        "{text}"
    );
    let text = read_as::<f64>(kind, true, &bytes).unwrap_err().to_string();
    assert!(text.ends_with("in both directions"), "{text}");
    assert!(matches!(write(kind, &[0.0_f64; 12]), Err(Error::Length { found: 12, expected: 11, .. })));
    // Sizes that cannot be are refused before anything is made of them.
    let huge = changed(&bytes, "\\\"hidden\\\":2", "\\\"hidden\\\":99999");
    assert!(matches!(read(&huge), Err(Error::Size { found: 99999, .. })));
}

#[test]
fn any_bytes_are_read_without_a_panic() {
    let kind =
        CellKind::Cfc { inputs: 2, hidden: 2, outputs: 1, backbone: 2, form: rnn::cells::CfcForm::Minimal };
    let bytes = write(kind, &drawn(kind, 1)).unwrap();
    let mut stream = Stream::new(1, "damage");
    let mut refused = 0;
    for _ in 0..5000 {
        let mut hurt = bytes.clone();
        for _ in 0..1 + stream.below(4) {
            let at = stream.below(hurt.len() as u64) as usize;
            hurt[at] = stream.bits() as u8;
        }
        hurt.truncate(1 + stream.below(bytes.len() as u64 * 2) as usize);
        refused += read(&hurt).is_err() as u32;
    }
    assert!(refused > 2500, "{refused}");
}
