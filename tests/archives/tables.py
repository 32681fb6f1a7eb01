"""One ship's report in every table format."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cablewatch.archives.spec import TableSpec
from cablewatch.archives.specs import TABLES

MOMENT = datetime(2024, 11, 18, 6, 1, 44, tzinfo=UTC)
REPORT = {
    "mmsi": "219000001",
    "lon": "16.26661",
    "lat": "55.76059",
    "sog": "7.3",
    "cog": "255.0",
    "heading": "254",
    "nav_status": "0",
    "sender": "A",
    "message": "1",
    "imo": "9300001",
    "ship_type": "70",
    "to_bow_m": "100",
    "to_stern_m": "20",
    "to_port_m": "8",
    "to_starboard_m": "9",
    "length_m": "120",
    "width_m": "17",
    "draught_m": "6.5",
    "name": "ANNA",
    "callsign": "OXAB",
    "destination": "KIEL",
}
SPEC = {spec.format: spec for spec in TABLES}
Missing = Sequence[tuple[str, str, str, str]]


@dataclass(frozen=True)
class Sample:
    """How a format writes a report: its header as published, and what differs from REPORT."""

    format: str
    header: str
    time: Callable[[datetime], str]
    missing: Missing = (("", "", "", ""), ("102.3", "360", "511", "15"), ("-1", "-1", "-1", "99"))
    over: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    degree: int = 1

    @property
    def spec(self) -> TableSpec:
        return SPEC[self.format]

    @property
    def names(self) -> dict[str, str]:
        """Field -> column of the header, in lower case."""
        return self.spec.resolved(self.header.lstrip("# ").lower().split(self.delimiter))


def stamp(form: str) -> Callable[[datetime], str]:
    return lambda moment: moment.strftime(form)


DANISH = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,"
    "IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,"
    "Destination,ETA,Data source type,A,B,C,D"
)
CADASTRE = (
    "mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,"
    "status,length,width,draft,cargo,transceiver"
)
CADASTRE_OLD = (
    "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,"
    "Width,Draft,Cargo,TransceiverClass"
)
HAIS = (
    "date_time_utc,mmsi,longitude,latitude,status,course_over_ground,true_heading,"
    "speed_over_ground,rate_of_turn,maneuvre,data_source,ais_class,msg_type,geometry"
)
HAIS_OLD = "mmsi;lon;lat;date_time_utc;sog;cog;true_heading;nav_status;rot;message_nr;source"
SPIRE = (
    "MMSI,Message_ID,Repeat_indicator,Time,Millisecond,Region,Vessel_Name,Call_sign,IMO,Ship_Type,"
    "Dimension_to_Bow,Dimension_to_stern,Dimension_to_port,Dimension_to_starboard,Draught,"
    "Destination,AIS_version,Navigational_status,ROT,SOG,Accuracy,Longitude,Latitude,COG,Heading"
)
AISHUB = (
    "MMSI,TIME,LONGITUDE,LATITUDE,COG,SOG,HEADING,ROT,PAC,NAVSTAT,IMO,NAME,CALLSIGN,TYPE,A,B,C,D,"
    "DRAUGHT,DEST,ETA"
)
FINDER = (
    "MMSI,TIMESTAMP,LATITUDE,LONGITUDE,COURSE,SPEED,HEADING,NAVSTAT,IMO,NAME,CALLSIGN,TYPE,A,B,C,D,"
    "DRAUGHT,DESTINATION,ETA_AIS,ETA,SRC,ZONE,ECA"
)
TRAFFIC = "MMSI,STATUS,SPEED,LON,LAT,COURSE,HEADING,TIMESTAMP,SHIP_ID,DSRC,SHIPNAME,SHIPTYPE"
BREST = (
    "sourcemmsi,navigationalstatus,rateofturn,speedoverground,courseoverground,trueheading,"
    "lon,lat,t"
)
GENERIC = (
    "time_utc,mmsi,lon,lat,sog_kn,cog_deg,heading_deg,nav_status,ais_class,imo,ship_type,to_bow_m,"
    "to_stern_m,to_port_m,to_starboard_m,draught_m,name,callsign,destination"
)
SENTINELS = ("102.3", "360.0", "511.0", "15.0")
RAW = {
    "lon": "9759966",
    "lat": "33456354",
    "sog": "73",
    "cog": "2550",
    "draught_m": "65",
}

SAMPLES = {
    "danish-csv": Sample(
        "danish-csv",
        DANISH,
        stamp("%d/%m/%Y %H:%M:%S"),
        (
            ("", "", "", "Unknown value"),
            ("Unknown", "Undefined", " ", "Undefined"),
            ("102.3", "360.0", "511", "15"),
        ),
        {"nav_status": "Under way using engine", "ship_type": "Cargo", "sender": "Class A"},
    ),
    "marinecadastre-csv": Sample(
        "marinecadastre-csv",
        CADASTRE,
        stamp("%Y-%m-%d %H:%M:%S"),
        (("", "", "", ""), SENTINELS),
        {"imo": "IMO9300001"},
    ),
    "marinecadastre-old": Sample(
        "marinecadastre-csv",
        CADASTRE_OLD,
        stamp("%Y-%m-%dT%H:%M:%S"),
        (SENTINELS, ("", "", "", "undefined"), ("", "-150.2", "", "")),
        {"nav_status": "0.0", "heading": "254.0", "length_m": "120.0", "imo": "IMO9300001"},
    ),
    "kystverket-csv": Sample(
        "kystverket-csv",
        HAIS,
        stamp("%Y-%m-%d %H:%M:%S"),
        (("", "", "", ""), ("", "", "511", "-99")),
    ),
    "kystverket-old": Sample(
        "kystverket-csv",
        HAIS_OLD,
        stamp("%Y-%m-%d %H:%M:%S"),
        (("102.3", "360", "511", "-99"), ("", "", "", "")),
        delimiter=";",
    ),
    "spire-csv": Sample(
        "spire-csv",
        SPIRE,
        stamp("%Y%m%d_%H%M%S"),
        (("None", "None", "None", "None"), SENTINELS, ("", "", "", "")),
        {"draught_m": "65", "name": "ANNA            ", "destination": "KIEL@@@@"},
    ),
    "aishub-csv": Sample("aishub-csv", AISHUB, stamp("%Y-%m-%d %H:%M:%S GMT")),
    "aishub-raw-csv": Sample(
        "aishub-raw-csv",
        AISHUB,
        lambda moment: f"{moment.timestamp():.0f}",
        (("1023", "3600", "511", "15"), ("", "", "", "")),
        RAW,
        degree=600_000,
    ),
    "vesselfinder-csv": Sample("vesselfinder-csv", FINDER, stamp("%Y-%m-%d %H:%M:%S UTC")),
    "marinetraffic-csv": Sample(
        "marinetraffic-csv",
        TRAFFIC,
        stamp("%Y-%m-%dT%H:%M:%S"),
        (("1023", "360", "511", "99"), ("", "", "", "")),
        {"sog": "73"},
    ),
    "brest-csv": Sample("brest-csv", BREST, lambda moment: f"{moment.timestamp():.0f}"),
    "csv": Sample("csv", GENERIC, stamp("%Y-%m-%dT%H:%M:%SZ")),
}
FULL = {
    form: {**REPORT, "time": sample.time(MOMENT), **sample.over} for form, sample in SAMPLES.items()
}


def header_and_rows(
    form: str, rows: Sequence[Mapping[str, str]], backwards: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Names of a format's header, and the fields of rows that are given by our names."""
    sample = SAMPLES[form]
    names = sample.header.split(sample.delimiter)
    ours = {name: wanted for wanted, name in sample.names.items()}
    fields = [ours.get(name.lstrip("# ").lower(), "") for name in names]
    lines = [[row.get(wanted, "") for wanted in fields] for row in rows]
    if not backwards:
        return names, lines
    return names[::-1], [line[::-1] for line in lines]


def write(
    path: Path, form: str, rows: Sequence[Mapping[str, str]], backwards: bool = False
) -> Path:
    """A file of that format."""
    header, lines = header_and_rows(form, rows, backwards)
    delimiter = SAMPLES[form].delimiter
    path.write_text("".join(delimiter.join(line) + "\n" for line in (header, *lines)))
    return path
