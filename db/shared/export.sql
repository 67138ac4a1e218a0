-- `narx export` runs as narx_reader and must know which months have left for S3, to read them there.
grant select on price_archive to narx_reader;
