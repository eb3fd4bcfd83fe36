//! Whether a JPEG has its end, which its decoder does not mind.

const START_OF_SCAN: u8 = 0xda;
const END: u8 = 0xd9;

/// Follows the segments of a file, and the scans between them, to the mark at their end. Thumbnails have ends of
/// their own, inside of segments, which are passed over.
pub fn is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        // Any number of 0xff may stand before a mark.
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let (Some(0xff), Some(mark)) = (bytes.get(at), bytes.get(at + 1)) else {
            return false;
        };
        at += 2;
        match *mark {
            END => return true,
            // Marks without a length.
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let (Some(high), Some(low)) = (bytes.get(at), bytes.get(at + 1)) else {
            return false;
        };
        at += usize::from(u16::from_be_bytes([*high, *low])).max(2);
        if *mark == START_OF_SCAN {
            // A scan holds 0xff only before a zero, and before the marks that restart it.
            let rest = bytes.get(at..).unwrap_or_default();
            let end = rest
                .windows(2)
                .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff));
            match end {
                Some(end) => at += end,
                None => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_the_file_itself_counts() {
        let thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let scan = [0xff, START_OF_SCAN, 0, 3, 0, 1, 0xff, 0, 2, 0xff, 0xd3, 3];
        let cut = [&[0xff, 0xd8][..], &thumbnail, &scan].concat();
        assert!(!is_whole(&cut));
        for end in 0..cut.len() {
            assert!(!is_whole(&cut[..end]));
        }
        let whole = [&cut[..], &[0xff, 0xff, END, 7, 7]].concat();
        assert!(is_whole(&whole));
    }
}
