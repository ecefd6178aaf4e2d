"""The table of formats: signatures, suffixes, and the modules that read and write them."""

import warnings
from collections.abc import Iterator
from importlib.metadata import entry_points

from zimg.io.format import Format
from zimg.values import FileFormat

ENTRY_POINTS = "zimg.formats"


TIFF = (".tif", ".tiff", ".tf2", ".tf8", ".btf")
STK = (".stk",)  # MetaMorph; read only
OME_TIFF = tuple(f".ome{suffix}" for suffix in TIFF)
# Formats that only Bio-Formats reads.
_OIIO = (
    *(".bmp", ".dib", ".tga", ".tpic", ".gif", ".webp", ".jp2", ".j2k", ".j2c", ".jph", ".jxl"),
    *(".exr", ".sxr", ".mxr", ".rgbe", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".dpx", ".cin"),
    *(".psd", ".pdd", ".psb", ".ico", ".iff", ".sgi", ".rgb", ".rgba", ".bw", ".dds", ".fits"),
    *(".pic", ".rla"),
)
_BIO_FORMATS = (
    *(".nd2", ".oib", ".oif", ".vsi", ".ims", ".zvi", ".dv", ".lei", ".mrc", ".ipl"),
    *(".flex", ".sld", ".mvd2", ".obf", ".msr"),
)

# The first match is used; by suffix, the longest one.
_OWN = (
    Format(
        name="TIFF",
        formats=(FileFormat.Tiff,),
        suffixes=(*TIFF, *STK),
        write_suffixes=TIFF,
        signatures=((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
        reader="zimg.io.formats.tiff.reader:TiffReader",
        writer="zimg.io.formats.tiff.writer:TIFF",
        remote=True,
    ),
    Format(
        name="OME-TIFF",
        formats=(FileFormat.OmeTiff,),
        suffixes=OME_TIFF,
        reader="zimg.io.formats.tiff.reader:TiffReader",
        writer="zimg.io.formats.tiff.writer:OME_TIFF",
        remote=True,
    ),
    Format(
        name="Zeiss LSM",
        formats=(FileFormat.ZeissLsm,),
        suffixes=(".lsm",),
        reader="zimg.io.formats.tiff.reader:TiffReader",
        remote=True,
    ),
    Format(
        name="PNG",
        formats=(FileFormat.Png,),
        suffixes=(".png",),
        signatures=((0, b"\x89PNG\r\n\x1a\n"),),
        reader="zimg.io.formats.png.reader:open_png",
        writer="zimg.io.formats.png.writer",
    ),
    Format(
        name="JPEG",
        formats=(FileFormat.Jpeg,),
        suffixes=(".jpg", ".jpeg"),
        signatures=((0, b"\xff\xd8\xff"),),
        reader="zimg.io.formats.jpeg.reader:open_jpeg",
        writer="zimg.io.formats.jpeg.writer",
    ),
    Format(
        name="JPEG XR",
        formats=(FileFormat.JpegXR,),
        suffixes=(".jxr", ".wdp", ".hdp"),
        signatures=((0, b"II\xbc"),),
        reader="zimg.io.formats.jpegxr.reader:open_jpegxr",
        writer="zimg.io.formats.jpegxr.writer",
    ),
    Format(
        name="Vaa3D",
        formats=(FileFormat.Vaa3DRaw,),
        suffixes=(".v3draw", ".raw"),
        signatures=((0, b"raw_image_stack_by_hpeng"),),
        reader="zimg.io.formats.vaa3d.reader:Vaa3DReader",
        writer="zimg.io.formats.vaa3d.writer",
    ),
    Format(
        name="Vaa3D packed",
        formats=(FileFormat.Vaa3DPBD,),
        suffixes=(".v3dpbd",),
        signatures=((0, b"v3d_volume_pkbitdf_encod"), (0, b"v3d_stack_pkbit_by_gene1")),
        reader="zimg.io.formats.vaa3d.reader:Vaa3DReader",
    ),
    Format(
        name="OME-Zarr",
        formats=(FileFormat.OmeZarr,),
        suffixes=(".ome.zarr", ".zarr"),
        marks=("zarr.json", ".zattrs", ".zgroup", ".zarray"),
        reader="zimg.io.formats.ome_zarr.reader:OmeZarrReader",
        writer="zimg.io.formats.ome_zarr.writer",
        remote=True,
    ),
    Format(
        name="OME-Zarr in a zip file",
        formats=(FileFormat.OmeZarr,),
        suffixes=(".ozx", ".zarr.zip"),
        reader="zimg.io.formats.ome_zarr.reader:OmeZarrReader",
    ),
    Format(
        name="MetaImage",
        formats=(FileFormat.MetaImage,),
        suffixes=(".mhd", ".mha"),
        signatures=((0, b"ObjectType = Image"), (0, b"NDims = ")),
        reader="zimg.io.formats.metaimage.reader:open_metaimage",
        writer="zimg.io.formats.metaimage.writer",
    ),
    Format(
        name="NRRD",
        formats=(FileFormat.ITKImage,),
        suffixes=(".nrrd", ".nhdr"),
        signatures=((0, b"NRRD00"),),
        reader="zimg.io.formats.nrrd.reader:open_nrrd",
        writer="zimg.io.formats.nrrd.writer",
        write_suffixes=(".nrrd",),
    ),
    Format(
        name="NIfTI",
        formats=(FileFormat.ITKImage,),
        suffixes=(".nii", ".nii.gz", ".hdr", ".img"),
        signatures=tuple(
            (place, mark)
            for place, marks in ((344, (b"n+1\0", b"ni1\0")), (4, (b"n+2\0", b"ni2\0")))
            for mark in marks
        ),
        reader="zimg.io.formats.nifti.reader:open_nifti",
        writer="zimg.io.formats.nifti.writer",
        write_suffixes=(".nii", ".nii.gz"),
    ),
    Format(
        name="HDF5 img",
        formats=(FileFormat.HDF5Img,),
        suffixes=(".nim", ".h5"),
        signatures=((0, b"\x89HDF\r\n\x1a\n"),),
        reader="zimg.io.formats.hdf5img.reader:Hdf5ImgReader",
        writer="zimg.io.formats.hdf5img.writer",
        extra="hdf5",
        requires=("h5py",),
    ),
    Format(
        name="CZI",
        formats=(FileFormat.ZeissCZI,),
        suffixes=(".czi",),
        signatures=((0, b"ZISRAWFILE"),),
        reader="zimg.io.formats.czi.reader:CziReader",
        remote=True,
    ),
    Format(
        name="Leica",
        formats=(FileFormat.Leica,),
        suffixes=(".lif", ".lof", ".xlif", ".xlef"),
        signatures=tuple(
            (13, mark.encode("utf-16-le")) for mark in ("<LMSDataContainer", "LMS_Object_File")
        ),
        reader="zimg.io.formats.leica.reader:LeicaReader",
        extra="leica",
        requires=("liffile",),
    ),
    Format(
        name="ND2",
        formats=(FileFormat.NikonND2,),
        suffixes=(".nd2",),
        signatures=((0, b"\xda\xce\xbe\n"),),
        reader="zimg.io.formats.nd2.reader:Nd2Reader",
        extra="nd2",
        requires=("nd2",),
    ),
    Format(
        name="MRC",
        formats=(FileFormat.Mrc,),
        suffixes=(".mrc", ".mrcs", ".rec", ".map", ".ccp4"),
        signatures=((208, b"MAP "), (208, b"MAP\0")),
        reader="zimg.io.formats.mrc.reader:MrcReader",
    ),
    Format(
        name="Olympus",
        formats=(FileFormat.Olympus,),
        suffixes=(".oib", ".oif"),
        reader="zimg.io.formats.olympus.reader:OlympusReader",
    ),
    Format(
        name="Imaris",
        formats=(FileFormat.Imaris,),
        suffixes=(".ims",),
        inside=("HDF5 img",),
        reader="zimg.io.formats.imaris.reader:ImarisReader",
        extra="hdf5",
        requires=("h5py",),
    ),
    Format(
        name="OpenImageIO",
        formats=(FileFormat.OpenImageIO,),
        suffixes=_OIIO,
        signatures=((0, b"#?RADIANCE"), (0, b"#?RGBE")),  # .hdr is also a header of NIfTI
        reader="zimg.io.formats.oiio.reader:OiioReader",
        extra="oiio",
        requires=("OpenImageIO",),
    ),
    Format(
        name="Bio-Formats",
        formats=(FileFormat.BioFormats,),
        suffixes=_BIO_FORMATS,
        inside=("TIFF", "HDF5 img"),
        reader="zimg.io.formats.bioformats.reader:BioFormatsReader",
        extra="bioformats",
        requires=("scyjava",),
    ),
    Format(
        name="bioio",
        formats=(FileFormat.Bioio,),
        suffixes=(),
        reader="zimg.io.formats.bioio.reader:BioioReader",
        accepts="zimg.io.formats.bioio.plugins:accepts",
        extra="bioio",
        requires=("bioio",),
    ),
)


def _registered() -> Iterator[Format]:
    """Formats of other packages: entry points that name a `Format`.

    An entry point that cannot be loaded is ignored with a warning.
    """
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            found = entry.load()
            if not isinstance(found, Format):
                raise TypeError(f"{entry.value} is not a zimg.io.format.Format")
        except Exception as error:
            warnings.warn(f"the format {entry.name} cannot be loaded: {error}", stacklevel=2)
        else:
            yield found


FORMATS = (*_OWN, *_registered())
