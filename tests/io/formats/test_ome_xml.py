"""What OME-XML says about planes, sizes, channels and times."""

from typing import Any

import numpy as np
import pytest
import tifffile

import zimg
from zimg import ZException, col4
from zimg.io.formats.tiff.ome_planes import MOST_PLANES, OpenedFile
from zimg.io.formats.tiff.ome_xml import ome_images

HEAD = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" {root}><Image>'
SIZES = 'SizeX="5" SizeY="4" SizeZ="3" SizeC="2" SizeT="1" Type="uint16"'


def image(attributes="", inside="", *, root="", pages=6, sizes=SIZES):
    order = "" if "DimensionOrder" in attributes else 'DimensionOrder="XYZCT"'
    pixels = f"<Pixels {sizes} {order} {attributes}>{inside}</Pixels>"
    xml = f"{HEAD.format(root=root)}{pixels}</Image></OME>"
    return ome_images(xml, OpenedFile("a.ome.tif", pages))[0]


@pytest.mark.parametrize(
    ("order", "page"), [("XYZCT", 4), ("XYCZT", 3), ("XYCTZ", 3), ("XYZTC", 4), ("XYTCZ", 3)]
)
def test_unmapped_pages_follow_the_order_of_the_dimensions(order, page):
    read = image(f'DimensionOrder="{order}"')
    assert read.pages[0, 1, 1] == page
    assert sorted(read.pages.values()) == list(range(6))


def test_mapped_blocks_start_anywhere_and_count_in_order():
    read = image(
        inside='<TiffData IFD="4" FirstC="0" FirstZ="1" PlaneCount="2"/>'
        '<TiffData IFD="0" FirstC="1" PlaneCount="3"/><TiffData IFD="3"/>'
    )
    expected = {(0, 1, 0): 4, (0, 2, 0): 5, (0, 0, 1): 0, (0, 1, 1): 1, (0, 2, 1): 2, (0, 0, 0): 3}
    assert read.pages == expected


def test_one_block_without_numbers_maps_everything():
    assert len(image(inside="<TiffData/>").pages) == 6


def test_planes_beyond_the_file_are_left_out_and_those_of_other_files_named():
    assert len(image(inside='<TiffData IFD="2" PlaneCount="6"/>').pages) == 4
    uuid = '<UUID FileName="b.ome.tif">urn:uuid:2</UUID>'
    read = image(
        inside=f'<TiffData IFD="0" PlaneCount="1">{uuid}</TiffData>', root='UUID="urn:uuid:1"'
    )
    assert read.elsewhere == {(0, 0, 0): ("b.ome.tif", 0)}
    assert read.pages == {}
    renamed = image(
        inside=f'<TiffData IFD="0" PlaneCount="1">{uuid}</TiffData>', root='UUID="urn:uuid:2"'
    )
    assert renamed.pages == {(0, 0, 0): 0}


def test_channels_have_names_and_colours_by_the_definition_of_ome():
    channels = '<Channel Name="red" Color="-16776961"/><Channel Name="grün" Color="16711935"/>'
    info = image(inside=channels).info
    assert info.channelNames == ["red", "grün"]
    assert info.channelColors == [col4(255, 0, 0), col4(0, 255, 0)]


def test_the_reference_packs_colours_in_its_own_way():
    channels = '<Channel Color="255"/><Channel Color="65280"/>'
    info = image(inside=channels, root='Creator="Atlas"').info
    assert [tuple(color)[:3] for color in info.channelColors] == [(0, 0, 255), (0, 255, 0)]


def test_samples_of_a_channel_share_its_name():
    read = image(inside='<Channel Name="rgb" SamplesPerPixel="2"/>')
    assert (read.samples, read.info.channelNames) == (2, ["rgb", "rgb"])
    assert len(read.pages) == 3
    with pytest.raises(ZException, match="samples per pixel: expected one number"):
        image(inside='<Channel SamplesPerPixel="3"/><Channel/>', sizes=SIZES.replace("2", "4"))


def test_times_are_in_seconds():
    sizes = SIZES.replace('SizeT="1"', 'SizeT="3"')
    steps = image('TimeIncrement="500" TimeIncrementUnit="ms"', sizes=sizes, pages=18)
    assert steps.info.timeStamps == [0.0, 0.5, 1.0]
    planes = '<Plane TheT="1" DeltaT="2" DeltaTUnit="min"/>'
    assert image(inside=planes, sizes=sizes, pages=18).info.timeStamps == [0.0, 120.0, 2.0]


def test_valid_bits_are_reported():
    assert image('SignificantBits="12"').info.validBitCount == 12


@pytest.mark.parametrize(
    ("xml", "match"),
    [
        ("<OME><Image></OME>", "broken"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><OME/>', "refused"),
        ("<OME/>", "no image"),
        ("<OME><Image><Pixels/></Image></OME>", "SizeX must be an integer of at least 1, got ''"),
    ],
)
def test_what_cannot_be_followed_is_refused(xml, match):
    with pytest.raises(ZException, match=match):
        ome_images(xml, OpenedFile("a.ome.tif", 1))


@pytest.mark.parametrize("order", ["XYZC", "ZXYCT", "XYZZT"])
def test_an_order_that_is_none_is_refused(order):
    with pytest.raises(ZException, match="DimensionOrder"):
        image(f'DimensionOrder="{order}"')


def test_pages_that_are_counted_from_one_are_known_by_the_last():
    blocks = "".join(f'<TiffData IFD="{n + 1}" FirstZ="{n}"/>' for n in range(3))
    assert sorted(image(inside=blocks, pages=3).pages.values()) == [0, 1, 2]
    assert sorted(image(inside=blocks, pages=4).pages.values()) == [1, 2, 3]


def test_the_place_of_the_first_plane_is_that_of_the_image():
    planes = (
        '<Plane PositionX="1.5" PositionY="-2" PositionYUnit="mm" PositionZ="3"/>'
        '<Plane TheZ="1" PositionX="9"/>'
    )
    assert image(inside=planes).info.position == [1.5, -2000.0, 3.0]
    assert image(inside='<Plane PositionX="NaN"/>').info.position == []


@pytest.mark.parametrize(
    ("attributes", "inside", "match"),
    [
        ("", '<TiffData IFD="x"/>', "IFD must be an integer, got 'x'"),
        ("", '<TiffData FirstZ="7"/>', "outside the image"),
        ("", '<Channel SamplesPerPixel="0"/>', "samples per pixel: expected one number"),
    ],
)
def test_values_that_are_not_numbers_are_reported(attributes, inside, match):
    with pytest.raises(ZException, match=match):
        image(attributes, inside)


@pytest.mark.parametrize("value", ["x", "", "12.0", "-1", "9" * 30])
def test_attributes_that_pixels_do_not_need_are_left_out(value, caplog):
    plane = f'<Plane TheT="{value}" DeltaT="{value}" PositionX="a"/>'
    told = f'<Channel Color="{value}" Name="x"/><Channel/>{plane}'
    read = image(f'SignificantBits="{value}" TimeIncrement="{value}"', told)
    assert read.info.validBitCount == 0
    assert read.info.channelNames == ["x", ""]
    assert len(read.pages) == 6
    assert "SignificantBits" in caplog.text


def test_an_order_matters_only_where_several_axes_have_several_planes():
    sizes = SIZES.replace('SizeC="2"', 'SizeC="1"')
    assert image('DimensionOrder="XY"', sizes=sizes).pages == {(0, z, 0): z for z in range(3)}


def test_characters_that_xml_does_not_allow_are_left_out():
    channel = '<Channel Name="a&#x1;\x02b"/>'
    xml = f"\ufeff \0<OME><Image><Pixels {SIZES}>{channel}</Pixels></Image></OME>\0x"
    (read,) = ome_images(xml, OpenedFile("a.ome.tif", 6))
    assert read.info.channelNames == ["ab", ""]
    with pytest.raises(ZException, match="refused"):
        ome_images(xml.replace("\ufeff", "<!DOC\0TYPE a>"), OpenedFile("a.ome.tif", 6))


@pytest.mark.parametrize(("axis", "name"), [("C", "channels"), ("T", "times")])
def test_lists_are_not_sized_by_a_claim_alone(axis, name):
    sizes = SIZES.replace('SizeC="2"', 'SizeC="1"').replace(
        f'Size{axis}="1"', f'Size{axis}="300000"'
    )
    with pytest.raises(ZException, match=f"claims 300000 {name}"):
        image(sizes=sizes)


def test_more_planes_than_any_image_has_are_refused_before_they_are_listed():
    with pytest.raises(ZException, match=f"accepted are at most {MOST_PLANES}"):
        image(sizes=SIZES.replace('SizeZ="3"', 'SizeZ="1000000000"'))


RGB = np.random.default_rng(0).integers(0, 255, (8, 9, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    "channels",
    [
        "",
        '<Channel ID="Channel:0:0"/>',
        '<Channel SamplesPerPixel="x"/>',
        '<Channel SamplesPerPixel="1"/>',
        '<Channel SamplesPerPixel="3"/>',
    ],
)
def test_samples_of_a_page_are_those_it_has(channels, tmp_path):
    sizes = 'SizeX="9" SizeY="8" SizeZ="1" SizeC="3" SizeT="1" Type="uint8"'
    text = f"<OME><Image><Pixels {sizes}>{channels}<TiffData/></Pixels></Image></OME>"
    options: dict[str, Any] = {"photometric": "rgb", "metadata": None, "description": text.encode()}
    tifffile.imwrite(tmp_path / "a.ome.tif", RGB, **options)
    found = zimg.read(tmp_path / "a.ome.tif").data[0]
    np.testing.assert_array_equal(found[:, 0], RGB.transpose(2, 0, 1))


def test_indices_of_colours_are_the_values_of_an_ome_tiff(tmp_path):
    sizes = 'SizeX="9" SizeY="8" SizeZ="1" SizeC="1" SizeT="1" Type="uint8"'
    text = f"<OME><Image><Pixels {sizes}><TiffData/></Pixels></Image></OME>"
    colors = np.arange(768, dtype=np.uint16).reshape(3, 256) * 80
    options: dict[str, Any] = {"photometric": "palette", "colormap": colors, "metadata": None}
    tifffile.imwrite(tmp_path / "a.ome.tif", RGB[..., 0], description=text.encode(), **options)
    image = zimg.read(tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(image.data[0][0, 0], RGB[..., 0])
    assert not image.info.lastChannelIsAlphaChannel
