/**
 * The elements we read or write, under their names and IDs in RFC 8794 (EBML, section 11) and RFC 9559 (Matroska,
 * section 5). WebM is a subset of Matroska: https://www.webmproject.org/docs/container/ (all read 2026-11-22).
 */
export const ID = {
  EBML: 0x1a45dfa3,
  DocType: 0x4282,
  Void: 0xec,
  'CRC-32': 0xbf,

  Segment: 0x18538067,

  SeekHead: 0x114d9b74,
  Seek: 0x4dbb,
  SeekID: 0x53ab,
  SeekPosition: 0x53ac,

  Info: 0x1549a966,
  TimestampScale: 0x2ad7b1,
  Duration: 0x4489,

  Tracks: 0x1654ae6b,
  TrackEntry: 0xae,
  TrackNumber: 0xd7,
  TrackType: 0x83,
  DefaultDuration: 0x23e383,

  Cluster: 0x1f43b675,
  Timestamp: 0xe7,
  Position: 0xa7,
  PrevSize: 0xab,
  SimpleBlock: 0xa3,
  BlockGroup: 0xa0,
  Block: 0xa1,
  BlockDuration: 0x9b,
  ReferenceBlock: 0xfb,

  Cues: 0x1c53bb6b,
  CuePoint: 0xbb,
  CueTime: 0xb3,
  CueTrackPositions: 0xb7,
  CueTrack: 0xf7,
  CueClusterPosition: 0xf1,

  Chapters: 0x1043a770,
  Tags: 0x1254c367,
  Attachments: 0x1941a469,
};

/** Values of TrackType. */
export const VIDEO = 1;
export const AUDIO = 2;

/** TimestampScale where Info has none: a tick is a millisecond. In ns. */
export const DEFAULT_TIMESTAMP_SCALE = 1_000_000;
